// A socket that says what a test has it say.

import type { Socket } from '../src/link'

type Listener = (event: never) => void

export class FakeSocket implements Socket {
  readonly sent: Record<string, unknown>[] = []
  isClosed = false
  private readonly listeners = new Map<string, Listener>()

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }

  close(): void {
    this.isClosed = true
  }

  say(frame: unknown): void {
    this.listeners.get('message')?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) } as never)
  }

  drop(code: number): void {
    this.listeners.get('close')?.({ code } as never)
  }
}
