/* The page's bus: a message on a topic reaches each view that listens.
   "reading": an answer of the server. `whole` is true at pen-up; while the pen moves it has only the cls rows of
   attention.
   "glance": a reading between two of those, for what is quickly drawn. Views follow ten times a second.
   "nothing": nothing can be read, and why. The later of these two is replayed to new listeners.
   "cleared": the sheet is empty. The views keep the last reading; only the answer is emptied.
   "training": the visitor's training, replayed too. "chosen": see selection.js.
   "sheet": what lies on the pad ({ strokes, sample, example?, picture? }) after each change, replayed too.
   "did": what the visitor just did in a view ({ what, ... }); tours wait for it, see tours/conditions.js. "tour": a
   lesson's wish that this tour starts, replayed.
   "challenge": the result in the link that opened the page ({ name, result }), replayed. "link": a wish for a link to
   what the page shows ({ state, take }), see links/view.js. "compare": the second model of a link, null for none, and
   "compared": the second model that reads now; both are tokens, and replayed. "linked_training": the id of a training
   in the link that opened the page, replayed.
   Wishes that the pad obeys: "put", a sheet (undo brings the old one back); "read_by", a model's token, null for the
   first that ships; "keep", the source of a drawing that Two drawings compares with, and "switch_off", the one head
   ({ layer, head }) that What if switches off, both replayed. */

const listeners = new Map();
const last = new Map();

/* Call `listener` with the last message on `topic`, if there is one, and with each that follows. */
export const on = (topic, listener) => {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(listener);
  if (last.has(topic)) listener(last.get(topic));
};

/* Send `message` to the listeners of `topic`, in the order in which they came. One that fails does not stop the
   others. */
export const tell = (topic, message) => {
  for (const listener of listeners.get(topic) ?? []) {
    try {
      listener(message);
    } catch (error) {
      console.error(error);
    }
  }
};

/* Send `message` and keep it for listeners that come later. */
export const emit = (topic, message) => {
  if (topic === "reading") last.delete("nothing");
  if (topic === "nothing") last.delete("reading");
  last.set(topic, message);
  tell(topic, message);
};
