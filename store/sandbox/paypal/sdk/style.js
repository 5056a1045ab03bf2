// What a merchant may ask of the button's looks, and the sentences for what he may not.
const FUNDING = Object.fromEntries(
  ["paypal", "venmo", "paylater", "credit", "card", "applepay", "ideal", "sepa", "bancontact", "blik", "eps", "p24"].map(
    (source) => [source.toUpperCase(), source],
  ),
);
const STYLES = {
  layout: ["vertical", "horizontal"],
  color: ["gold", "blue", "silver", "white", "black"],
  shape: ["rect", "pill", "sharp"],
  label: ["paypal", "checkout", "buynow", "pay", "installment", "subscribe", "donate"],
};
const [MIN_HEIGHT, MAX_HEIGHT, HEIGHT] = [25, 55, 45];

/** Return the whole style; throws what the merchant got wrong. Heights are CSS pixels. */
function checkStyle(style) {
  const given = Object.fromEntries(Object.entries(style).filter(([, value]) => value !== undefined));
  const whole = { layout: "vertical", color: "gold", shape: "rect", label: "paypal", ...given };
  for (const [name, allowed] of Object.entries(STYLES)) {
    if (!allowed.includes(whole[name])) {
      throw new Error(`Unexpected style.${name} for paypal button: ${whole[name]}, expected ${allowed.join(", ")}`);
    }
  }
  const { height } = whole;
  if (height !== undefined && typeof height !== "number") {
    throw new TypeError(`Expected style.height to be a number, got: ${height}`);
  }
  if (height < MIN_HEIGHT || height > MAX_HEIGHT) {
    throw new Error(`Expected style.height to be between ${MIN_HEIGHT}px and ${MAX_HEIGHT}px - got ${height}px`);
  }
  if (whole.layout === "vertical" && whole.tagline) {
    throw new Error("style.tagline is not allowed for vertical layout");
  }
  return { ...whole, height: height ?? HEIGHT };
}
