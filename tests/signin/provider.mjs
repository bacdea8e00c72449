// Identity providers for the tests: npm oidc-provider, one server for each issuer of the JSON on standard input.
//
// Whoever is named in login_hint signs in at once, where the issuer has such an account. Prints the issuers' addresses
// as one line of JSON and ends with its standard input. POST /_test {"app": address} says where the application under
// test really listens, for back-channel logout.
import { createServer } from "node:http";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { Provider } from "oidc-provider";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const issuers = JSON.parse((await lines.next()).value);

function key() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

async function start(given) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${server.address().port}`;
  let app = "";

  const provider = new Provider(address, {
    jwks: { keys: [key()] },
    cookies: { keys: ["of the tests"] },
    clients: given.clients,
    claims: { openid: ["sub", "tid", "oid", "groups", "_claim_names"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    conformIdTokenClaims: given.userinfo,
    pkce: { required: () => true },
    findAccount: (_context, id) =>
      given.accounts[id] && { accountId: id, claims: () => ({ sub: id, ...given.accounts[id] }) },
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { logoutSource: (context, form) => { context.body = form; } },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => false,
        getResourceServerInfo: () => ({ scope: "api", audience: given.audience, accessTokenFormat: "jwt" }),
      },
    },
    fetch: (url, { method, headers, body: form }) => {   // its own way of connecting refuses loopback
      const { pathname, search } = new URL(url);
      return fetch(app + pathname + search, { method, headers, body: form });
    },
    ttl: { Session: 600, Grant: 600, Interaction: 600, IdToken: 300, AccessToken: 300, ClientCredentials: 300 },
  });

  provider.on("backchannel.error", (_context, error) => console.error(error));
  const callback = provider.callback();
  server.on("request", async (request, response) => {
    if (request.url === "/_test") {
      app = (await body(request)).app;
      response.end();
    } else if (request.url.startsWith("/interaction/")) {
      const { params } = await provider.interactionDetails(request, response);
      const known = Object.entries(given.accounts).find(([, account]) => account.hint === params.login_hint);
      await provider.interactionFinished(request, response, known
        ? { login: { accountId: known[0] } }
        : { error: "access_denied", error_description: "no such account" });
    } else {
      callback(request, response);
    }
  });
  return address;
}

const addresses = await Promise.all(issuers.map(start));
process.stdout.write(`${JSON.stringify(addresses)}\n`);
await lines.next();
process.exit(0);
