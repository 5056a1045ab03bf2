// Calls between the merchant's page and the button's frame: each side names its verbs and asks the other by name.
// The port is handed over once, to one origin, so no later message needs its sender checked.
function connect(port, verbs) {
  const waiting = new Map();
  let last = 0;
  port.onmessage = async ({ data }) => {
    if (data.answers) {
      const asked = waiting.get(data.answers);
      waiting.delete(data.answers);
      if (data.problem) asked.reject(Object.assign(new Error(data.problem.message), data.problem.facts));
      else asked.resolve(data.value);
      return;
    }
    try {
      port.postMessage({ answers: data.number, value: await verbs[data.verb](...data.words) });
    } catch (error) {
      port.postMessage({ answers: data.number, problem: { message: error?.message ?? String(error), facts: { ...error } } });
    }
  };
  return (verb, ...words) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      port.postMessage({ number: last, verb, words });
    });
}
