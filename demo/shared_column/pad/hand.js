/* The hand: the pen or the eraser on its way over the sheet, whether a pointer or keys move it. */
import { underStroke, withStrokes } from "./sheet.js";
import { erased, isNewPoint, timeOrigin } from "./strokes.js";

/* While the hand is down, `draft()` is the sheet as it will be when it lifts, and `changed` is called whenever that
   differs; then `lifted(sheet)` gets it. `sheet()` and `tool()` are asked at the start. A touch is { point, time,
   pressure }: units of the sheet, milliseconds, a share. */
export const newHand = ({ sheet, tool, changed, lifted }) => {
  let under = null, // the sheet below the stroke, or what the eraser has left; null while the hand is up
    stroke = null, // null while the eraser is used
    rubbed = null, // where the eraser was last
    origin = 0; // the moment that counts as 0 ms

  const draft = () => (stroke ? withStrokes([...under.strokes, stroke]) : under);

  const extend = ({ point, time, pressure }) => {
    if (isNewPoint(stroke, point)) stroke.push([...point, Math.round(time - origin), Math.round(pressure * 100) / 100]);
  };

  const erase = ({ point }) => {
    const strokes = erased(under.strokes, rubbed ?? point, point);
    rubbed = point;
    if (strokes === under.strokes) return;
    under = withStrokes(strokes);
    changed();
  };

  const down = (touch) => {
    if (tool() === "eraser") {
      under = sheet();
      return erase(touch);
    }
    under = underStroke(sheet());
    origin = timeOrigin(under.strokes, touch.time, origin);
    stroke = [];
    extend(touch);
    changed();
  };

  const move = (touches) => {
    for (const touch of touches) stroke ? extend(touch) : erase(touch);
    if (stroke) changed();
  };

  const lift = () => {
    const after = draft();
    under = stroke = rubbed = null;
    lifted(after);
  };

  return { isDown: () => under !== null, draft, down, move, lift };
};
