// @ts-check
/**
 * Fetch a file; throws unless it comes.
 * @param {string} address
 */
export const fetched = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} did not come: ${answer.status}.`);
  return answer;
};
