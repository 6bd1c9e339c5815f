/** A URL as it may be shown: user, password, query and fragment are gone. Anything that is no URL becomes "a bad URL". */
export function redactUrl(url: string | URL): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'a bad URL';
  }
}

/** `text` with the user-info of each URL in it masked; for messages that come from drivers and programs. */
export const redactUrls = (text: string): string =>
  text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1***@');
