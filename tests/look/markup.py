"""What our templates may not contain, found by reading their source or the pages they make.

htmx is used through a short list of attributes, none of which needs `eval`; the content policy forbids inline
script and style, so one of them in a template is a page that silently loses a part.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
HTMX = {
    "hx-get", "hx-post", "hx-trigger", "hx-target", "hx-swap", "hx-select", "hx-push-url", "hx-sync",
    "hx-disable", "hx-indicator", "hx-status:422", "hx-status:404",
}  # fmt: skip
BANNED = {
    r"<style\b": "an inline stylesheet",
    r"\sstyle\s*=": "a style attribute",
    r"<script\b(?![^>]*\ssrc=)": "an inline script",
    r"\son[a-z]+\s*=\s*[\"']": "an inline handler",
    r"javascript:": "a javascript: address",
    r"\|\s*safe\b": "the safe filter",
    r"\bMarkup\b": "Markup",
    r"(?:src|href|action)=[\"'](?:https?:)?//": "another host",
    r"hx-trigger=\"[^\"]*\[": "a trigger filter, which needs eval",
    r"hx-[a-z-]+=\"js:": "a js: value, which needs eval",
}
TAG = re.compile(r"<([a-z][a-z0-9]*)\b((?:\"[^\"]*\"|'[^']*'|\{%.*?%\}|\{\{.*?\}\}|[^>\"'])*)>", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
VOID = {"meta", "link", "input", "img", "br", "hr", "source"}


def find_problems(source: str, name: str = "page.html") -> list[str]:
    """Each rule the template source breaks, in words."""
    source = COMMENT.sub("", source)
    found = [words for pattern, words in BANNED.items() if re.search(pattern, source, re.IGNORECASE)]
    # A mail is read where our policy and our stylesheet are not.
    allowed = {BANNED[r"<style\b"]} if name == "templates/mail/_frame.html" else set()
    problems = [f"{name}: {words}" for words in found if words not in allowed]
    if "autoescape false" in source and not name.endswith(".txt"):
        problems.append(f"{name}: unescaped HTML")
    for attribute in set(re.findall(r"\b(?:data-)?hx-[\w:.-]+(?==)", source)) - HTMX:
        problems.append(f"{name}: {attribute} is not on the list")
    for tag, attributes in TAG.findall(source):
        posts = tag == "form" and "action=" in attributes and 'method="post"' in attributes
        if "hx-post=" in attributes and not posts:
            problems.append(f"{name}: hx-post on a <{tag}> that does nothing without script")
        works = (tag == "a" and "href=" in attributes) or (tag == "form" and "action=" in attributes)
        if "hx-get=" in attributes and not works and "data-poll" not in attributes:
            problems.append(f"{name}: hx-get on a <{tag}> that does nothing without script")
    return problems


class Outline(HTMLParser):
    """What a rendered page consists of: headings, ids, controls with and without label, unclosed elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[str] = []
        self.described: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if tag == "label" and values.get("for"):
            self.labelled.add(values["for"] or "")
        quiet = values.get("type") in {"hidden", "radio", "checkbox"}
        if tag in {"input", "select", "textarea"} and not quiet:
            self.controls.append(values.get("id") or "")
        self.described += (values.get("aria-describedby") or "").split()
        self.described += (values.get("aria-labelledby") or "").split()
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def find_problems(self) -> list[str]:
        """What is wrong with a whole page, in words."""
        problems = self.wrong + [f"<{tag}> is never closed" for tag in self.open]
        if self.headings.count("h1") != 1:
            problems.append(f"{self.headings.count('h1')} h1")
        problems += [f"id {name} twice" for name in sorted(set(self.ids)) if self.ids.count(name) > 1]
        unlabelled = (name for name in self.controls if name not in self.labelled)
        problems += [f"{name or 'a control'} has no label" for name in unlabelled]
        problems += [f"#{name} is named and not there" for name in self.described if name not in self.ids]
        problems += [
            f"link to {href}, which is not there"
            for href in self.links
            if href.startswith("#") and href[1:] not in self.ids
        ]
        return problems
