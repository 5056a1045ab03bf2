// PayPal's own buttons where somebody pays. The form stands in their place where they cannot: without JavaScript, and
// when they did not come in time (the stylesheet's clock, which runs without this file too) or broke.
// #paypal-buttons has data-create (makes the order), data-order (its token), data-page (the order's page);
// #paypal-status is the live region, #paypal-form the form. No state of an order hangs on anything here.
"use strict";

const place = document.getElementById("paypal-buttons");
const form = document.getElementById("paypal-form");
const region = document.getElementById("paypal-status");
const script = document.getElementById("paypal-script");
const OPEN = "PayPal’s window is open: confirm there. If you do not see it, press PayPal’s button again.";
const CLOSED = "You closed PayPal. Nothing was paid. Try again when you like, or choose another way to pay.";
const BROKEN = "PayPal’s button did not work, and nothing was paid with it. Use the one in its place: it leads to PayPal too.";
const UNKNOWN = "The connection broke before we heard whether the payment went through. Do not pay again: ";
let captureUrl = "";
let refusal = "";

function tell(words, link) {
  region.textContent = words;
  if (!link) return;
  const away = document.createElement("a");
  away.href = place.dataset.page;
  away.textContent = link;
  region.append(away);
}

// One at a time: the buttons' place or the form.
function show(one) {
  place.hidden = one !== place;
  form.hidden = one !== form;
}

// Our server's refusal is kept in its words: PayPal hands errors on between frames as it likes.
async function post(url, fields) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(fields),
  });
  const said = await answer.json();
  if (answer.ok) return said;
  refusal = said.detail;
  throw new Error(refusal);
}

// The window has opened with the click. It is said first: one that is closed early is told of before the order is made.
async function createOrder() {
  tell(OPEN);
  refusal = "";
  const made = await post(place.dataset.create, { order: place.dataset.order });
  captureUrl = made.capture_url;
  return made.id;
}

async function onApprove(_, actions) {
  tell("Confirming your payment…");
  refusal = "";
  let said;
  try {
    said = await post(captureUrl, {});
  } catch {
    if (refusal) tell(refusal);
    else tell(UNKNOWN, "see your order.");
    return undefined;
  }
  if (said.restart) {
    tell(said.reason);
    return actions.restart();
  }
  location.assign(said.redirect);
  return undefined;
}

// A window closed early comes as an error or not at all, so both say the same and neither is needed. A refusal says
// itself what to do; anything else is the button's own, and the form leads on.
function onError(error) {
  if (/popup close/i.test(error?.message)) return tell(CLOSED);
  if (refusal) return tell(refusal);
  show(form);
  return tell(BROKEN);
}

function mount() {
  const { paypal } = window;
  if (!paypal?.Buttons) return show(form);
  const buttons = paypal.Buttons({
    fundingSource: paypal.FUNDING.PAYPAL,
    style: { label: "paypal", height: 52 },
    createOrder,
    onApprove,
    onCancel: () => tell(CLOSED),
    onError,
  });
  if (!buttons.isEligible()) return show(form);
  return buttons.render(place).then(
    () => show(place),
    () => show(form),
  );
}

form.addEventListener("animationstart", () => show(form));
// Back from PayPal in this tab: what was said when it was left is over.
window.addEventListener("pageshow", (event) => event.persisted && tell(""));
if (window.paypal) mount();
else {
  script?.addEventListener("load", mount, { once: true });
  script?.addEventListener("error", () => show(form), { once: true });
}
