// Says what htmx would leave unsaid: that a request failed, and that the next one went well again.
const alertBox = document.getElementById("alert");

function say(sentence) {
  alertBox.textContent = sentence;
  alertBox.hidden = sentence === "";
}

document.body.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  say(status === 503 ? "The database is not available right now." : `The request failed (${status}).`);
});
document.body.addEventListener("htmx:sendError", () => say("The server does not answer."));
document.body.addEventListener("htmx:afterSwap", () => say(""));
