/* Make elements, and draw on them. */

export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

export const svg = (tag, attributes = {}, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/* Paint `side` x `side` ink values in [0, 1] on a canvas, white on black, one value a pixel. */
export const paint = (canvas, values, side) => {
  canvas.width = canvas.height = side;
  const picture = new ImageData(side, side);
  for (let index = 0; index < side * side; index++) {
    picture.data.fill(Math.round(values[index] * 255), 4 * index, 4 * index + 3);
    picture.data[4 * index + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
};

/* However often it is called, it draws at most once a frame. */
export const onceAFrame = (draw) => {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
};
