// Says what htmx would leave unsaid: to everybody that a request failed, to screen readers what a refresh changed.
const alertBox = document.getElementById("alert");
const announcement = document.getElementById("announcement");
let announced = news();

function news() {
  return Array.from(document.querySelectorAll("[data-announce]"), (part) => part.textContent.trim()).join(". ");
}

function say(sentence) {
  alertBox.textContent = sentence;
  alertBox.hidden = sentence === "";
}

document.body.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  say(status === 503 ? "The database is not available right now." : `The request failed (${status}).`);
});
document.body.addEventListener("htmx:sendError", () => say("The server does not answer."));
document.body.addEventListener("htmx:afterSwap", () => {
  say("");
  if (news() !== announced) {
    announcement.textContent = announced = news();
  }
});
