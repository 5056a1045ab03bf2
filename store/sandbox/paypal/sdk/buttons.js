// The public API: paypal.Buttons(props).render(container). The button itself is a frame from the sandbox, so a click in
// it can open a window of the sandbox, and nothing here needs an inline style, a nonce or eval.
const LOAD_MILLISECONDS = 10_000;
const CLOSE_MILLISECONDS = 1_000;
const DESTROY = Symbol.for("sandbox paypal: destroy");
const BASE = new URL(script.src).origin;
const namespace = script.dataset.namespace || "paypal";
const living = new Set();
const never = () => new Promise(() => {});

function Buttons(given = {}) {
  const style = checkStyle(given.style ?? {});
  let props = { ...given };
  let shown = null; // {frame, element, observer}
  let orderId = null;
  let ended = false;
  let approving = false;
  let gone = Promise.resolve();

  const isEligible = () => [undefined, FUNDING.PAYPAL].includes(props.fundingSource);

  async function render(container) {
    if (!isEligible()) throw new Error(`${props.fundingSource} is not eligible`);
    const place = await find(container);
    if (!place) throw new Error(`Document is ready and element ${container} does not exist`);
    if (shown) throw new Error("Buttons are rendered already: close() them first");
    shown = { element: makeElement(style) };
    living.add(instance);
    place.append(shown.element);
    shown.frame = await meet(shown.element, { clicked, approved, canceled, closed });
    shown.observer = new MutationObserver(() => {
      if (!shown.element.isConnected) fail(forget("Detected container element removed from DOM"));
    });
    shown.observer.observe(document, { childList: true, subtree: true });
    const able = (on) => shown?.frame("enable", on);
    props.onInit?.({}, { enable: () => able(true), disable: () => able(false) });
  }

  // A click; the frame has opened the window already, or could not (`opened` is false).
  async function clicked(opened) {
    orderId = null;
    ended = false;
    try {
      if (!(await asked())) return void shown.frame("close");
      orderId = await createOrder();
      if (ended || !shown) return;
      checkOrder(await shown.frame("look", orderId));
      if (!opened) leave(orderId);
      else if (!ended && !(await shown.frame("go", orderId))) canceled();
    } catch (error) {
      if (!shown) return; // the page has closed the buttons meanwhile
      shown.frame("close");
      fail(error);
    }
  }

  async function asked() {
    let allowed = true;
    const actions = { resolve: () => (allowed = true), reject: () => (allowed = false) };
    await props.onClick?.({ fundingSource: FUNDING.PAYPAL }, actions);
    return allowed;
  }

  async function createOrder() {
    const made = await props.createOrder?.({ paymentSource: FUNDING.PAYPAL }, { order: creating(shown.frame) });
    if (typeof made !== "string" || !made) throw new Error("Expected an order id to be passed");
    return made;
  }

  async function approved({ orderID, payerID }) {
    if (approving) return;
    approving = true;
    const { frame } = shown;
    const restart = async () => {
      approving = false;
      if (!(await frame("go", orderID, true))) leave(orderID);
      return never();
    };
    try {
      await finish(orderID, payerID, frame, restart);
    } catch (error) {
      fail(error);
    }
    approving = false;
    frame("close");
  }

  function finish(orderID, payerID, frame, restart) {
    const data = { orderID, payerID, paymentID: null, billingToken: null, subscriptionID: null };
    data.facilitatorAccessToken = crypto.randomUUID?.() ?? "none";
    data.paymentSource = FUNDING.PAYPAL;
    // The window goes before the page that it belongs to.
    const leaveFor = async (url) => (checkUrl(url), await frame("close"), redirect(url));
    const actions = { order: finishing(frame, orderID, restart), restart, redirect: leaveFor };
    return (props.onApprove ?? settleAlone)(data, actions);
  }

  const canceled = () => props.onCancel?.({ orderID: orderId }, { redirect });

  // Closed before the order was known is an error, not a cancellation: merchants may not count on onCancel.
  function closed() {
    ended = true;
    if (orderId) canceled();
    else fail(new Error("Detected popup close"));
  }

  function fail(error) {
    if (props.onError) props.onError(error);
    else console.error(error);
  }

  // Nothing is told from here on; the frame goes when it has closed its window.
  function forget(words) {
    living.delete(instance);
    shown?.observer?.disconnect();
    if (shown) gone = part(shown);
    shown = null;
    return new Error(words);
  }

  const instance = {
    render,
    isEligible,
    close: async () => (forget(""), gone),
    updateProps: async (more) => void (props = { ...props, ...more }),
    hasReturned: () => Boolean(readReturn()),
    // Back from a redirect in this page: what the address says is told as if the window had said it.
    resume: async () => {
      const back = readReturn();
      if (back?.problem) return fail(new Error(back.problem));
      orderId = back?.orderID ?? null;
      if (!back?.payerID) return canceled();
      const calls = (await frameless()) ?? never;
      const restart = () => (leave(back.orderID), never());
      return finish(back.orderID, back.payerID, calls, restart).catch(fail);
    },
    [DESTROY]: () => fail(forget("zoid destroyed all components")),
  };

  // Calls of a page that has no button yet go through the frame of one that is not shown.
  async function frameless() {
    if (shown?.frame) return shown.frame;
    const element = makeElement(style);
    element.hidden = true;
    document.body.append(element);
    return meet(element, {});
  }

  return instance;
}

// A frame that is out of the page already answers no more.
async function part({ frame, element }) {
  const late = new Promise((go) => setTimeout(go, CLOSE_MILLISECONDS));
  await Promise.race([frame?.("close"), late]);
  element.remove();
}

const settleAlone = (_, actions) => {
  console.warn("onApprove is missing: the payment is settled in the browser by itself. Pass onApprove.");
  return actions.order[CONFIG.intent]();
};

function makeElement(style) {
  const element = document.createElement("iframe");
  element.src = `${BASE}/sdk/button?${new URLSearchParams({ ...CONFIG.query, ...pick(style) })}`;
  element.title = "PayPal";
  // Set one by one: a policy without 'unsafe-inline' refuses attributes, not properties.
  Object.assign(element.style, { border: "0", width: "100%", display: "block", colorScheme: "normal" });
  element.style.height = `${style.height}px`;
  return element;
}

const pick = ({ color, shape, label }) => ({ color, shape, label });

// The container, waited for while the page is still being read: a script in the head comes before it.
async function find(container) {
  const look = () => (typeof container === "string" ? document.querySelector(container) : container);
  if (!look() && document.readyState === "loading") {
    await new Promise((go) => document.addEventListener("DOMContentLoaded", go, { once: true }));
  }
  return look();
}

// Hand the frame its end of the wire; resolves once it has answered. A frame that is moved within the page loads anew
// and gets another wire.
function meet(element, verbs) {
  let wire;
  const frame = (...words) => wire(...words);
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("The PayPal button did not load")), LOAD_MILLISECONDS);
    element.addEventListener("load", () => {
      const { port1, port2 } = new MessageChannel();
      wire = connect(port1, verbs);
      wire("hello").then(() => resolve(frame));
      element.contentWindow.postMessage("paypal-button", BASE, [port2]);
    });
  });
}

function checkUrl(url) {
  if (!url) throw new Error("Expected redirect url");
  if (!/^https?:\/\//.test(url)) throw new Error(`Invalid redirect url: ${url} - must be fully qualified url`);
}

function redirect(url) {
  checkUrl(url);
  window.top.location.assign(url);
  return never();
}

const leave = (orderId) => redirect(`${BASE}/checkoutnow?token=${encodeURIComponent(orderId)}`);

function readReturn() {
  const [, name, rest] = /^#?(?:(onApprove|onCancel|onError)[?&]?)?(.*)$/.exec(location.hash);
  const words = new URLSearchParams([...new URLSearchParams(location.search), ...new URLSearchParams(rest)]);
  const orderID = words.get("token");
  if (name === "onError") return { orderID, problem: words.get("message") || "PayPal reported an error" };
  return orderID ? { orderID, payerID: name === "onCancel" ? null : words.get("PayerID") } : null;
}

window[namespace]?.[DESTROY]?.();
window[namespace] = {
  version: "5.0.0-sandbox",
  FUNDING,
  Buttons,
  getFundingSources: () => Object.values(FUNDING),
  isFundingEligible: (source) => source === FUNDING.PAYPAL,
  [DESTROY]: () => living.forEach((instance) => instance[DESTROY]()),
};
