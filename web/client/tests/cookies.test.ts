// @vitest-environment node
import { expect, test } from 'vitest'
import { Cookies } from '../src/cookies'

function setting(...lines: string[]): Response {
  const headers = new Headers()
  for (const line of lines) headers.append('Set-Cookie', line)
  return new Response('', { headers })
}

test('cookies are kept by name and sent together', () => {
  const cookies = new Cookies()
  cookies.take(setting('session=a=b; Path=/; HttpOnly', 'device=x'))
  cookies.take(setting('device=y; Max-Age=60'))
  expect(cookies.header()).toBe('session=a=b; device=y')
})

test('a cookie that the server ends is forgotten', () => {
  const cookies = new Cookies()
  cookies.take(setting('session=a', 'device=x'))
  cookies.take(setting('session=; Max-Age=0; Path=/'))
  expect(cookies.header()).toBe('device=x')
  expect(new Cookies().header()).toBe('')
})
