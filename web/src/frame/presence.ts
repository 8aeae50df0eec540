// Which panels stand open in windows of their own, as those windows say themselves: another tab, or this page before it
// was loaded anew, may have opened them.

const CHANNEL = 'tradewind-windows'

interface Word {
  readonly kind: 'who' | 'here' | 'gone' | 'forward'
  readonly panel: string
}

const present = new Set<string>()
let listening: BroadcastChannel | null = null

export const presence = {
  has: (panel: string): boolean => present.has(panel),

  /** Asks a window that this page cannot reach to come forward; browsers let it where its user acted lately. */
  askForward(panel: string): void {
    listening?.postMessage({ kind: 'forward', panel } satisfies Word)
  },
}

/** Follows the windows, `onChange` after each that came or went. Returns what ends it. */
export function followWindows(onChange: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL)
  listening = channel
  channel.addEventListener('message', ({ data: { kind, panel } }: MessageEvent<Word>) => {
    if (kind === 'here') present.add(panel)
    else if (kind === 'gone') present.delete(panel)
    else return
    onChange()
  })
  channel.postMessage({ kind: 'who', panel: '' } satisfies Word)
  return () => {
    channel.close()
    if (listening === channel) listening = null
    present.clear()
  }
}

/** In a window of a panel: says that it is there, to whoever asks. Returns what ends it. */
export function tellPresence(panel: string): () => void {
  const channel = new BroadcastChannel(CHANNEL)
  const say = (kind: Word['kind']): void => channel.postMessage({ kind, panel } satisfies Word)
  const leave = (): void => say('gone')
  channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'who') say('here')
    if (data.kind === 'forward' && data.panel === panel) window.focus()
  })
  window.addEventListener('pagehide', leave)
  say('here')
  return () => {
    window.removeEventListener('pagehide', leave)
    leave()
    channel.close()
  }
}
