/* Colour scales. */

/* A value in [-1, 1] -> a colour from blue over neutral to orange, the neutral being the page's own background. */
export const diverging = (value) => {
  const strength = Math.round(Math.min(Math.abs(value), 1) * 100);
  return `color-mix(in oklab, ${value < 0 ? "#2f7de1" : "#ef7d1a"} ${strength}%, var(--background-fill-primary))`;
};

/* A digit's colour, light enough for a dark background. It is never the only sign: ten colours look too similar. */
export const digitColour = (digit) =>
  ["#56b4e9", "#f0e442", "#00c08b", "#ff7f6e", "#c792ea", "#e5e7eb", "#e69f00", "#9bd650", "#ff8fd0", "#8fa5ff"][
    digit % 10
  ];
