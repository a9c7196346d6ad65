// One message of the chat, with what was found on it.

const ROLE_NAMES = { user: "User", assistant: "Assistant", system: "System", tool: "Tool result" };
const LONG_TEXT = 1500;

function messageItem(message, index, thread, quoted, findings) {
  const here = quoted.get(index) ?? [];
  const calls = toolCalls(message);
  const folds = message.role === "tool" || message.role === "system";
  return make(
    "li",
    { class: "message from-" + message.role, id: "message-" + index, tabindex: "-1" },
    make(
      "div",
      { class: "said-by" },
      make("b", {}, ROLE_NAMES[message.role] ?? message.role),
      make("a", { href: threadAddress(thread.id, index), "aria-label": "Link to message " + index }, String(index)),
      message.at && time(message.at, true),
      findings.badges,
    ),
    folds
      ? foldedText(message, here, thread)
      : !calls.length || message.text || message.has_image
        ? bubble(message, here)
        : null,
    calls,
    findings.notes,
  );
}

function bubble(message, quotedHere) {
  return make(
    "div",
    { class: "bubble" },
    message.has_image && make("p", { class: "attachment" }, "came with an image (not part of the data)"),
    message.text ? longText(message, quotedHere) : make("p", { class: "muted" }, "(empty message)"),
  );
}

function longText(message, quotedHere) {
  const text = make("div", { class: "text", dir: "auto" }, markedText(message.text, quotedHere));
  const rest =
    message.left_out &&
    make("p", { class: "muted" }, "The report leaves out the last " + plural(message.left_out, "character") + ".");
  if (message.text.length <= LONG_TEXT && message.text.split("\n").length <= 25) return [text, rest];
  text.classList.add("clamped");
  const toggle = button(
    "Show all " + number(message.text.length) + " characters",
    () => {
      const open = !text.classList.toggle("clamped");
      toggle.setAttribute("aria-expanded", String(open));
      toggle.textContent = open ? "Show less" : "Show all " + number(message.text.length) + " characters";
    },
    { class: "quiet more", "aria-expanded": "false" },
  );
  return [text, toggle, rest];
}

function foldedText(message, quotedHere, thread) {
  const call = thread.messages.flatMap((m) => m.tool_calls ?? []).find((c) => c.id && c.id === message.tool_call_id);
  const open = quotedHere.some((quotation) => quotation.found !== false);
  return make(
    "details",
    { class: "folded", open },
    make(
      "summary",
      {},
      message.role === "tool" ? ["Result", call && [" of ", make("code", {}, foreign(call.name))]] : "System message",
      make("span", { class: "preview" }, foreign(message.text.slice(0, 90))),
    ),
    message.text ? longText(message, quotedHere) : make("p", { class: "muted" }, "(empty)"),
  );
}

function toolCalls(message) {
  return (message.tool_calls ?? []).map((call) => {
    const given = call.arguments ?? "";
    const text = typeof given === "string" ? given : JSON.stringify(given, null, 2);
    return make(
      "details",
      { class: "folded call" },
      make(
        "summary",
        {},
        "Calls ",
        make("code", {}, foreign(call.name)),
        make("span", { class: "preview" }, foreign(text.replace(/\s+/g, " ").slice(0, 90))),
      ),
      make("pre", { dir: "auto" }, text || "(no arguments)"),
    );
  });
}
