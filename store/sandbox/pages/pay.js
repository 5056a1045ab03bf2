// Fills the form from the list of test cards and says that a payment is under way. The page works without it.
const form = document.querySelector("[data-pay]");
const status = form.querySelector("[data-status]");

for (const button of document.querySelectorAll("[data-fill]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const values = {
      number: button.dataset.fill,
      expiry: "12/34",
      cvc: button.dataset.fill.startsWith("3782") ? "1234" : "123",
      name: form.elements.name.value || "Ada Buyer",
    };
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.querySelector("button").focus();
  });
}

form.addEventListener("submit", () => {
  status.textContent = "Processing your payment…";
});

// Back from the shop restores this page as it was left; nothing is under way any more.
addEventListener("pageshow", () => {
  status.textContent = "";
});
