// The windows of one browser, the page's and those of its panels, look at the same instrument.

import { watch } from 'vue'
import { select, selectedId } from '../state/market'

/** Lets every window of this browser look at the instrument that was chosen in one of them. Returns what ends it. */
export function shareSelection(): () => void {
  const channel = new BroadcastChannel('tradewind-selection')
  let heard = ''
  channel.addEventListener('message', ({ data }: MessageEvent<string>) => {
    heard = data
    select(data)
  })
  const stop = watch(selectedId, (id) => {
    if (id !== '' && id !== heard) channel.postMessage(id)
    heard = ''
  })
  return () => {
    stop()
    channel.close()
  }
}
