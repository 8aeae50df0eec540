// The package in Node: the same, with a socket that sends the token and cookies that are kept.

import { Cookies } from './cookies.js'
import { openNodeSocket } from './node_socket.js'
import { Tradewind as Plain, type TradewindOptions } from './tradewind.js'

export * from './index.js'
export { openNodeSocket } from './node_socket.js'

export interface NodeOptions extends TradewindOptions {
  readonly url: string
}

export class Tradewind extends Plain {
  constructor(options: NodeOptions) {
    const cookies = new Cookies()
    const { origin, hostname } = new URL(options.url)
    const asked = options.fetch ?? fetch
    super({
      ...options,
      fetch: async (address, request) => {
        const answer = await asked(address, { ...request, headers: { ...(request.headers as Record<string, string>), ...cookieOf(cookies) } })
        cookies.take(answer)
        return answer
      },
      openSocket:
        options.openSocket ??
        ((address) =>
          openNodeSocket(
            address,
            options.token === undefined
              ? // A session is good for the page of its own server, and its cookie for its own host.
                { Origin: origin, ...(new URL(address).hostname === hostname ? cookieOf(cookies) : {}) }
              : { Authorization: `Bearer ${options.token}` },
          )),
    })
  }
}

function cookieOf(cookies: Cookies): Record<string, string> {
  const header = cookies.header()
  return header === '' ? {} : { Cookie: header }
}
