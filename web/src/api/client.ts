// The pages' door to REST: the package's, at the address where this application stands, with the session's cookie.

import { Rest } from '@tradewind/client'
import { outward } from '../app/base'

export { ApiError, newKey } from '@tradewind/client'

export const rest = new Rest({ addressOf: outward })
export const get = rest.get.bind(rest)
export const post = rest.post.bind(rest)
export const put = rest.put.bind(rest)
export const remove = rest.remove.bind(rest)
export const rememberCsrf = rest.rememberCsrf.bind(rest)
