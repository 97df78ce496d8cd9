/* The page around this one, where it is shown in a frame: on a Space of Hugging Face it takes `queryString` and `hash`
   in a message and puts them into its own address (huggingface.co/docs/hub/spaces-handle-url-parameters); what stands
   there at the start reaches this page's own address. Other pages get no message: a blog must not learn what is
   drawn. */

export const SPACES = "https://huggingface.co";

/* The origin of the page around this one, null if there is none or the browser does not say. */
export const parentOrigin = () => {
  if (window.parent === window) return null;
  if (window.location.ancestorOrigins) return window.location.ancestorOrigins[0];
  try {
    return new URL(document.referrer).origin;
  } catch {
    return null;
  }
};

/* Tell the page around this one the new address. */
export const tellParent = (queryString, hash) => {
  const origin = parentOrigin();
  if (origin === SPACES || origin === window.location.origin) window.parent.postMessage({ queryString, hash }, origin);
};
