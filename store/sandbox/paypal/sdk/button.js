// Inside the button's frame: opens the window in the click, watches it, and asks the sandbox about orders.
const POLL_MILLISECONDS = 200;
const query = new URLSearchParams(location.search);
const client = new URLSearchParams({ "client-id": query.get("client-id") });
const button = document.querySelector("button");
// What happens before the page's end of the wire has come is told when it has.
const early = [];
let page = (...words) => void early.push(words);
let popup = null;
let watching = 0;

function openWindow() {
  const left = Math.max(0, Math.round((screen.width - 500) / 2));
  const top = Math.max(0, Math.round((screen.height - 590) / 2));
  return window.open("/sdk/opening", "_blank", `popup,width=500,height=590,left=${left},top=${top}`);
}

button.addEventListener("click", () => {
  if (popup && !popup.closed) return popup.focus();
  popup = openWindow();
  watch();
  return page("clicked", Boolean(popup));
});
// Nobody could hear a click before.
button.hidden = false;

function watch() {
  clearInterval(watching);
  if (!popup) return;
  watching = setInterval(() => {
    if (!popup.closed) return;
    clearInterval(watching);
    popup = null;
    page("closed");
  }, POLL_MILLISECONDS);
}

function closeWindow() {
  clearInterval(watching);
  popup?.close();
  popup = null;
}

// The window is a page of this origin; what it says is believed no further than the server's own look at the order.
addEventListener("message", ({ source, origin, data }) => {
  if (origin !== location.origin || !popup || source !== popup) return;
  if (data.outcome === "approved") {
    clearInterval(watching);
    // The page may go on before it can say so; the window has nothing more to do then.
    addEventListener("pagehide", closeWindow);
    page("approved", { orderID: data.orderID, payerID: data.payerID });
  } else {
    closeWindow();
    page("canceled");
  }
});

async function ask(method, path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  const answer = await fetch(`/sdk/orders${path}?${client}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const said = text ? JSON.parse(text) : null;
  if (answer.ok) return said;
  const [first] = said?.details ?? [];
  const problem = new Error(
    `${first?.issue ?? said?.name ?? "Generic Error"}: ${first?.description ?? said?.message ?? "no description"}` +
      ` (Corr ID: ${said?.debug_id})`,
  );
  throw Object.assign(problem, { status: answer.status, issues: (said?.details ?? []).map(({ issue }) => issue) });
}

const verbs = {
  // The answer goes first.
  hello: () => void setTimeout(() => early.splice(0).forEach((words) => page(...words))),
  enable: (on) => void (button.disabled = !on),
  look: (orderId) => ask("GET", `/${encodeURIComponent(orderId)}/summary`),
  api: ask,
  close: closeWindow,
  // Leads the window to the order; `again` (a restart) opens it anew where it was closed. False where there is none.
  go: (orderId, again) => {
    if (again && (!popup || popup.closed)) popup = openWindow();
    if (!popup || popup.closed) {
      closeWindow();
      return false;
    }
    popup.location.replace(`/checkoutnow?token=${encodeURIComponent(orderId)}&mode=popup`);
    watch();
    return true;
  },
};

addEventListener("message", ({ source, data, ports }) => {
  if (source !== window.parent || data !== "paypal-button" || !ports.length) return;
  page = connect(ports[0], verbs);
});
