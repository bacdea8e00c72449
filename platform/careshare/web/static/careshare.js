// What scripts add. Every page does its work without them.
import { initAll } from "./govuk-frontend.min.js";

initAll();

for (const hint of document.querySelectorAll("[data-careshare-print]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary";
  button.textContent = hint.dataset.caresharePrint;
  button.addEventListener("click", () => window.print());
  hint.replaceWith(button);
}

// Long work: fetch the page again until it is finished. An answer from another address is where the work led.
const progress = document.getElementById("progress");
if (progress?.dataset.careshareRefresh) {
  const again = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok && answer.redirected) {
      location.assign(answer.url);
      return;
    }
    const fresh = answer?.ok
      ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress")
      : null;
    if (fresh) {
      if (fresh.textContent !== progress.textContent) progress.replaceChildren(...fresh.childNodes);
      if (!fresh.dataset.careshareRefresh) return;
    }
    wait();
  };
  const wait = () => setTimeout(again, Number(progress.dataset.careshareRefresh) * 1000);
  wait();
}
