// Where the push server is, seen from this page.

/** The page's own name for this machine: a cookie of `localhost` is not sent to `127.0.0.1`. */
export function reachableUrl(pushUrl: string, pageHost: string): string {
  const url = new URL(pushUrl)
  if (isLoopback(url.hostname) && isLoopback(pageHost)) url.hostname = pageHost
  return url.href
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1'
}
