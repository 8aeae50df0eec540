// Where the application stands on its host: `/`, or a path such as `/tradewind/` behind a gateway that serves more.
// It is read off the address of this very script, which the server wrote into the page.

export const base: string = import.meta.env?.PROD ? new URL('..', import.meta.url).pathname : '/'

/** The address in the browser of one of our own paths. */
export function outward(path: string, root: string = base): string {
  return path.startsWith('/') ? root.slice(0, -1) + path : path
}

/** Our own path at an address in the browser; one that lies outside is taken as it stands. */
export function inward(path: string, root: string = base): string {
  if (path === root.slice(0, -1)) return '/'
  return path.startsWith(root) ? path.slice(root.length - 1) : path
}
