// Fills the form from the list of test cards or accounts and says that a payment is under way. The page works without it.
const form = document.querySelector("[data-pay]");
const status = form.querySelector("[data-status]");

const fill = (button, values) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const [name, value] of Object.entries(values)) {
      const field = form.elements[name];
      field.value = name === "name" || name === "holder" ? field.value || value : value;
    }
    form.querySelector("button").focus();
  });
};

for (const button of document.querySelectorAll("[data-fill]")) {
  const number = button.dataset.fill;
  fill(button, { number, expiry: "12/34", cvc: number.startsWith("3782") ? "1234" : "123", name: "Ada Buyer" });
}
for (const button of document.querySelectorAll("[data-fill-account]")) {
  fill(button, { account: button.dataset.fillAccount, holder: "Ada Buyer" });
}

form.addEventListener("submit", () => {
  status.textContent = "Processing your payment…";
});

// Back from the shop restores this page as it was left; nothing is under way any more.
addEventListener("pageshow", () => {
  status.textContent = "";
});
