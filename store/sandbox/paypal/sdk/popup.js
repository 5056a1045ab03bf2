// The window tells the button that opened it how it ended; the button closes it. Without an opener the link stays.
const { outcome, order, payer } = document.querySelector("[data-outcome]").dataset;
if (window.opener) {
  document.querySelector("[data-way-back]").hidden = true;
  window.opener.postMessage({ outcome, orderID: order, payerID: payer }, location.origin);
}
