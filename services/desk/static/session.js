// What a page asks goes on when its session was replaced: signed in again in another tab, it takes over the token from there.
export const isOut = (answer) => Boolean(answer?.redirected && new URL(answer.url).pathname.startsWith("/sign-in"));

// Posts a form for the script; null where the server cannot be reached. `body` has a field `csrf`.
export async function posted(url, body, more = {}) {
  const answer = await post(url, body, more);
  const refused = answer?.status === 403 && !answer.headers.get("Content-Type")?.includes("json");
  if (!refused || !await renewed()) return answer;
  body.set("csrf", document.querySelector("[name=csrf]").value);
  return post(url, body, more);
}

export function signIn() { window.open("/sign-in", "_blank", "noopener"); }

const post = (url, body, more) => fetch(url, { ...more, method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);

async function renewed() {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || isOut(answer)) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("[name=csrf]")?.value;
  for (const field of token ? document.querySelectorAll("[name=csrf]") : []) field.value = token;
  return Boolean(token);
}
