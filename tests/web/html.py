"""Pages read as a browser would read them: markup that is not right fails the test."""

from xml.etree.ElementTree import Element

import html5lib
import httpx


def parsed(response: httpx.Response) -> Element:
    """The page as a tree. Raises html5lib's ParseError where a browser would have to guess."""
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(response.text)
    ids = [found.attrib["id"] for found in tree.iter() if isinstance(found.tag, str) and "id" in found.attrib]
    assert len(ids) == len(set(ids)), "two elements have the same id"
    return tree


def words(element: Element | None) -> str:
    """The text of an element and all below it, with single spaces."""
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def one(tree: Element, tag: str, **attributes: str) -> Element:
    """The only element of this kind; `class_` asks for one of its classes."""
    wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    found = [
        element
        for element in tree.iter(tag)
        if all(value in element.get(name, "").split() or value == element.get(name) for name, value in wanted.items())
    ]
    assert len(found) == 1, f"{len(found)} of {tag} {wanted}"
    return found[0]


def csrf_token(response: httpx.Response) -> str:
    """The token of the page's form, to be sent back as `csrf_token`; every form of a page takes the same."""
    fields = parsed(response).iter("input")
    return next(field.attrib["value"] for field in fields if field.get("name") == "csrf_token")
