// An order against the script's address, and what a merchant may do with it in the browser.
const HELP = "https://developer.paypal.com/docs/checkout/reference/customize-sdk/";
const MERCHANTS = CONFIG.merchantIds[0] === "*" ? (script.dataset.merchantId ?? "").split(",") : CONFIG.merchantIds;
const BUYER_MUST_ACT = ["INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED"];

/** Throw (and say in the console) where the order is not what the script's address announced. */
function checkOrder(order) {
  const expect = (name, expected, got) => {
    if (got === expected) return;
    refuse(
      `Expected ${name} from order api call to be ${expected}, got ${got}. ` +
        `Please ensure you are passing ${name}=${got} to the sdk url. ${HELP}`,
    );
  };
  expect("intent", CONFIG.intent, order.intent);
  expect("currency", CONFIG.currency, order.currency);
  const payees = [...new Set(order.payees)];
  const expected = MERCHANTS.length ? MERCHANTS : [order.merchant];
  if (payees.length === expected.length && payees.every((payee) => expected.includes(payee))) return;
  const words = "Payee(s) passed in transaction does not match expected merchant id. Please ensure you are passing ";
  if (payees.length > 1) {
    refuse(`${words}merchant-id=* to the sdk url and data-merchant-id="${payees}" in the sdk script tag. ${HELP}`);
  }
  const sentence = `${words}merchant-id=${payees} or merchant-id=payee@merchant.com to the sdk url. ${HELP}`;
  if (MERCHANTS.length) refuse(sentence);
  console.warn(sentence);
}

function refuse(sentence) {
  console.error(sentence);
  throw new Error(sentence);
}

/** Return `actions.order` of createOrder. */
function creating(frame) {
  return {
    create: (body) => {
      warnOf("create", "make the order on your server (POST /v2/checkout/orders) and return its id from createOrder");
      return frame("api", "POST", "", { intent: CONFIG.intent.toUpperCase(), ...body }).then((order) => order.id);
    },
  };
}

/** Return `actions.order` of onApprove; `restart` sends the buyer back to choose anew. */
function finishing(frame, orderId, restart) {
  const settle = (verb) => async () => {
    if (CONFIG.intent !== verb) throw new Error(`Use intent=${verb} to use client-side ${verb}`);
    const route = `POST /v2/checkout/orders/${orderId}/${verb}`;
    warnOf(verb, `call your server from onApprove and ${verb} there (${route})`);
    try {
      return await frame("api", "POST", `/${orderId}/${verb}`, {});
    } catch (error) {
      if (error.issues?.some((issue) => BUYER_MUST_ACT.includes(issue))) return restart();
      throw new Error("Order could not be captured");
    }
  };
  return {
    get: () => frame("api", "GET", `/${orderId}`),
    capture: settle("capture"),
    authorize: settle("authorize"),
    patch: (body) =>
      frame("api", "PATCH", `/${orderId}`, body).catch(() => {
        throw new Error("Order could not be patched");
      }),
  };
}

function warnOf(verb, advice) {
  console.warn(
    `actions.order.${verb}() runs in the browser, where whoever sits there can change it: ${advice}. ` +
      "PayPal is taking these calls away.",
  );
}
