// Words of the replay bar in English: the same keys as replay_zh.ts, no more and no fewer.

import type { replayZh } from './replay_zh'

export const replayEn: Readonly<Record<keyof typeof replayZh, string>> = {
  'replay.title': 'Replay',
  'replay.badge': 'Replay · not live',
  'replay.position': 'Position of the replay',
  'replay.speed': 'Speed',
  'replay.max': 'Max',
  'replay.pause': 'Pause',
  'replay.resume': 'Play',
  'replay.step': 'Step',
  'replay.keySpace': 'Space',
  'replay.keyStep': 'Full stop',
  'replay.done': 'Finished',
  'replay.paused': 'Paused',
  'replay.playing': 'Playing',
  'replay.ticks': '{count} ticks',
  'replay.failed': 'The replay did not obey: {message}',
  'replay.titleMark': '[Replay] ',
  'replay.seek': 'Go to',
  'replay.seekShare': 'Go to a place in the recording, in percent',
  'replay.seekTime': 'Go to a time',
  'replay.seeking': 'Seeking…',
  'replay.noAnswer': 'The market service does not answer',
  'replay.onlyForward': 'This replay only goes forward',
  'replay.backHint': 'Going back plays from the beginning up to there; pages go on by themselves after some seconds',
  'replay.noTrading': 'no orders',
  'replay.noDesk': 'There is no trading in a replay',
  'replay.noDeskHint': 'Only market data is played here; positions, orders and funds are on the live pages.',
}
