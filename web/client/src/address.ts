// Where the push server is, seen from this page.

/** A path is of the page's own origin; of two names of this machine the page's own: a cookie of `localhost` is not sent to `127.0.0.1`. */
export function reachableUrl(pushUrl: string, page: string): string {
  const origin = new URL(page)
  const url = new URL(pushUrl, origin)
  if (url.protocol === 'http:') url.protocol = 'ws:'
  if (url.protocol === 'https:') url.protocol = 'wss:'
  if (isLoopback(url.hostname) && isLoopback(origin.hostname)) url.hostname = origin.hostname
  return url.href
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1'
}
