/* The forms of the sentences that Python sends: see sentences.js. tests/demo/messages.py reads them from here. */

export const SENTENCES = [
  /* demo/training/messages.py, job.py, job_state.py, running_job.py: how a training goes */
  "Waiting: yours is next.",
  ["Waiting: {n} training is ahead of yours.", "Waiting: {n} trainings are ahead of yours."],
  "The digits are being loaded.",
  "Fetching {data}, {n} %",
  "The speed of this machine is measured.",
  "The first step is running.",
  "Epoch {n} of {epochs}",
  ["Paused after {n} step, in epoch {epoch} of {epochs}.", "Paused after {n} steps, in epoch {epoch} of {epochs}."],
  "Finished: {accuracy}. {epochs}, {steps}.",
  "Finished: {epochs}, {steps}.",
  "Stopped before the first step.",
  "Stopped before the first step, because nobody was watching any more.",
  ["Stopped after {n} step.", "Stopped after {n} steps."],
  ["Stopped after {n} step: {accuracy}.", "Stopped after {n} steps: {accuracy}."],
  [
    "Stopped after {n} step, because nobody was watching any more.",
    "Stopped after {n} steps, because nobody was watching any more.",
  ],
  [
    "Stopped after {n} step, because nobody was watching any more: {accuracy}.",
    "Stopped after {n} steps, because nobody was watching any more: {accuracy}.",
  ],
  "Waiting for a GPU.",
  "Your GPU time for today is used up.",
  "No GPU could be had for this training.",
  "The GPU was taken away before the training had ended.",
  "The training ended with an error: {error}.",
  "The loss became {loss} at step {n}: try a lower learning rate.",
  "The parameters are no longer finite after step {n}: try a lower learning rate.",
  "Now draw {digits}: it was never shown one.",
  "Now draw {digits}: it was never shown these.",
  "Let it read, then open What if and shuffle all patches: its answer stays the same, because it does not know where a patch lies.",
  "Let it read, then draw digits in an unusual way: it knows only few.",

  /* demo/training/race_job.py, running_job.py, demo/tabs/race/server.py: how a race goes */
  "All three learn from the same batches.",
  "The networks are read on changed test digits.",
  "The race is over.",
  "This race is no longer stored. Start another one.",

  /* demo/model_file.py: a model file that cannot be opened */
  "This model is too large for this page, which opens models of at most {n} parameters.",

  /* vit/analysis/activation_patching.py: two drawings without a difference */
  "Both drawings are read as the same class.",

  /* train/diagnosis/rules.py: what is wrong with it */
  "The loss became {loss} by step {n}.",
  "The loss became {loss} at step {n}.",
  "The parameters are no longer finite after step {n}.",
  "This model cannot recover. Start again with a lower learning rate: try {rate} instead of {now}.",
  "Over the last {n} steps the loss was {loss} on average, no better than blind guessing ({chance}), and no parameter can have moved by more than {move}.",
  "The learning rate, {now}, is too low for this number of steps. Try {rate}.",
  "Over the last {n} steps the loss was {loss} on average: far worse than blind guessing ({chance}).",
  "Over the last {n} steps the loss was {loss} on average and rising: far worse than blind guessing ({chance}).",
  "Such steps overshoot. Try a learning rate of {rate} instead of {now}; if that does not help within some hundred steps, start again with it.",
  "Over the last {n} steps the loss was {loss} on average, no better than blind guessing ({chance}).",
  "The learning rate may be too low: try {rate} instead of {now}.",
  "The learning rate may be too high: try {rate} instead of {now}. If that does not help within some hundred steps, start again with it.",
  "Training digits are read {train} right, held-out ones {val}; the loss on those has risen from {best} to {last}, while that on training digits fell.",
  "The model learns its digits by heart. More training digits, or a smaller model, would help.",
  "The model learns its digits by heart. Turn, move and slant them a little, so that none comes twice alike.",
  "The model reads only {val} of the held-out digits right.",
  "More epochs or more images may help. Training digits are read {train} right: training digits are {ways}, and counted while the model still learns.",
  "Training digits are read {train} right, held-out ones {val}.",
  "That is no fault: training digits are {ways}, and counted while the model still learns.",
  "The loss has been {last} over the last {n} steps, and {before} before that.",
  "At a constant learning rate it may fall no further. Try a third of it, {rate}.",

  /* demo/models.py: the models */
  [
    "{name}: cuts the image into {n} patch of {size}×{size} pixels",
    "{name}: cuts the image into {n} patches of {size}×{size} pixels",
  ],
  "{model}, {parameters}, {share}% right on MNIST's test.",
  "{model}, {parameters}.",

  /* demo/digits_in_picture.py: what is in a picture */
  "I see two digits.",
  "I see three digits.",
  "I see four digits.",
  "I see five digits.",
  "I see six digits.",
  "I see seven digits.",
  "I see eight digits.",
  "I see nine digits.",
  "I see ten digits.",
  "I see {count} digits.",

  /* demo/requests.py: why a drawing or a picture cannot be read */
  "This drawing has {count} points; at most {most} can be read.",
  "This picture is too large: at most {most} megapixels can be read.",
  "This file holds no image that can be read ({formats}): {error}.",

  /* demo/tabs/train/plan.py: what a training will take */
  "{parameters} parameters, {patches} patches, {tokens} tokens, {steps} steps. This takes about {duration}, {source}.",
  "{parameters} parameters, {patches} patches, {tokens} tokens, at most {duration}: here {epochs} epochs of about {images} images. When it starts, the speed of this machine is measured, and as much is chosen as fits.",
  "{parameters} parameters, {patches} patches, {tokens} tokens, at most {duration}. When it starts, the speed of the GPU is measured, and as much is chosen as fits.",
  "{parameters} parameters, {patches} patches, {tokens} tokens, {steps} steps. A GPU trains for at most {duration}; then you get the model so far.",

  /* demo/training/cost.py, train/config.py, vit/validation.py: why one is refused */
  "Not started: {reason}.",
  "This cannot be trained:",
  "{reason}.",

  /* what has expired */
  "This model is no longer stored. Train it again.",
  "This training is no longer stored. Train again.",
  "Your trained model is no longer stored; a shipped one reads now.",
];

export const FRAGMENTS = [
  ["{n} epoch", "{n} epochs"],
  ["{n} step", "{n} steps"],
  ["{n} patch", "{n} patches"],
  ["{n} parameter", "{n} parameters"],
  "your model: {patches}",
  "the model with {patches}",
  ["{model}, taught {n} correction", "{model}, taught {n} corrections"],
  ["{model} for {n} symbol of your own", "{model} for {n} symbols of your own"],
  ["{n} second", "{n} seconds"],
  ["{n} minute", "{n} minutes"],
  "it reads {share} of the validation images right",
  "it reads only {share} of the validation images right",
  "it reads only {share} of the validation images right; guessing alone gives {guess}",
  "it reads {share} of the test images right",
  "it reads only {share} of the test images right",
  "it reads only {share} of the test images right; guessing alone gives {guess}",
  "{share} %",
  "{share}%",

  "measured here with a few steps",
  "measured here with a few steps while the machine is busy",
  "at the speed of the training that runs now",
  "estimated from the model's size, because a training runs now",

  "{digit}, {other}",
  "a {digit}",
  "an {digit}",
  "{digit} or {other}",

  "varied",
  "seen with patches missing",
  "read with dropout",
  "varied and seen with patches missing",
  "varied and read with dropout",
  "seen with patches missing and read with dropout",
  "varied and seen with patches missing and read with dropout",

  "it would have about {weights} parameters, but at most {most} are allowed; choose a smaller width, depth or mlp_dim",
  "it would need about {need} GB of memory at once, but at most {most} GB are allowed; choose larger patches, fewer heads, a smaller width or a smaller batch",
  "it would take about {n} minutes on one processor core, but at most {most} are allowed; choose fewer epochs, fewer images, larger patches, a smaller model or a larger batch",
  "some of the {images} images must be left to learn from, got val_size {val}",
  "{name} must be a whole number, got {value}",
  "{name} must be a positive whole number, got {value}",
  "{name} must be a finite number in {range}, got {value}",
  "{name} must be a whole number in {range}, got {value}",
  "num_heads must divide embed_dim {width}, got {heads}",
  "the queue is full, with {n} waiting; please try later",
  "no more trainings are accepted, because the app is shutting down",
];
