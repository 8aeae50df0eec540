// Words of the page in English: the same keys as zh.ts, no more and no fewer.

import { alertsEn } from './alerts_en'
import { bookEn } from './book_en'
import { brokerEn } from './broker_en'
import { chartEn } from './chart_en'
import { deskEn } from './desk_en'
import { fleetEn } from './fleet_en'
import { frameEn } from './frame_en'
import type { Key } from './index'
import { marketEn } from './market_en'
import { moneyEn } from './money_en'
import { opsEn } from './ops_en'
import { peopleEn } from './people_en'
import { personsEn } from './persons_en'
import { planEn } from './plan_en'
import { reasonsEn } from './reasons_en'
import { replayEn } from './replay_en'
import { strategiesEn } from './strategies_en'
import { systemEn } from './system_en'
import { talkEn } from './talk_en'
import { workEn } from './work_en'

export const en: Readonly<Record<Key, string>> = {
  ...alertsEn,
  ...bookEn,
  ...brokerEn,
  ...chartEn,
  ...deskEn,
  ...fleetEn,
  ...frameEn,
  ...marketEn,
  ...moneyEn,
  ...opsEn,
  ...peopleEn,
  ...personsEn,
  ...planEn,
  ...reasonsEn,
  ...replayEn,
  ...strategiesEn,
  ...systemEn,
  ...talkEn,
  ...workEn,
  'join.words': ', ',
  'join.sentences': '; ',
  'app.name': 'Tradewind',
  'app.tagline': 'From one tick at the exchange to one opportunity on the screen',
  'app.skip': 'Skip to content',
  'nav.main': 'Main',
  'nav.group.market': 'Market',
  'nav.group.signals': 'Signals',
  'nav.group.trading': 'Trading',
  'nav.group.orders': 'Instructions',
  'nav.group.account': 'Account',
  'nav.group.fleet': 'Collectors',
  'nav.group.ops': 'Ops',
  'nav.group.admin': 'Admin',
  'nav.market': 'Market',
  'nav.chart': 'Charts',
  'nav.contracts': 'Contracts',
  'nav.positions': 'Positions',
  'nav.account': 'Account',
  'nav.strategy': 'Strategies',
  'nav.trades': 'Orders & trades',
  'nav.signals': 'Opportunities',
  'nav.system': 'System',
  'nav.signOut': 'Sign out',
  'nav.stop': 'Emergency stop',
  'nav.stopShort': 'Stop',
  'nav.more': 'More',
  'nav.stopped': 'Stopped',

  'settings.theme': 'Theme',
  'settings.to': 'Switch to {theme}',
  'settings.theme.dark': 'Dark',
  'settings.theme.light': 'Light',
  'settings.updown': 'Colours of rise and fall',
  'settings.updown.cn': 'Red up',
  'settings.updown.us': 'Green up',
  'settings.updown.cb': 'Orange up',
  'settings.density': 'Density',
  'settings.density.loose': 'Loose',
  'settings.density.standard': 'Standard',
  'settings.density.compact': 'Compact',
  'settings.language': 'Language',

  'login.title': 'Sign in to Tradewind',

  'link.idle': 'Not connected',
  'link.connecting': 'Connecting',
  'link.live': 'Connected',
  'link.waiting': 'Disconnected',
  'link.stopped': 'Disconnected',
  'link.signed-out': 'Signed out',
  'link.waitingLong': 'The feed is disconnected; try {try} of {most} in {seconds} s. The prices below are old.',
  'link.connectingLong': 'Reconnecting, try {try} of {most}. The prices below are old.',
  'link.stoppedLong': 'No success after {most} tries; automatic reconnection has stopped. The prices below are old.',
  'link.refusedLong': 'The server refused this connection (code {code}); reconnection has stopped. The prices below are old.',
  'link.retry': 'Reconnect now',
  'link.status': 'Feed: {state}',

  'state.loading': 'Loading…',
  'state.absent': 'The server cannot be reached',
  'state.absentHint': 'Check that "tradewind run" is running; this page goes on by itself once it is back.',
  'state.notAllowed': 'You have no permission for this',
  'state.notAllowedHint': 'Your role may not see or do this; ask an administrator if you need to.',
  'state.failed': 'Loading failed',
  'state.retry': 'Try again',
  'state.broken': 'This part has failed',
  'state.brokenHint': 'The rest is not affected. Error: {message}',
  'state.busAway': 'The bus (Redis) is away, so services cannot answer; look again before you repeat it',
  'state.reload': 'Show it again',
  'state.otherRelease': 'The server is {other} now, and this page is of {own}. Reload it when you are done here.',
  'state.refresh': 'Reload the page',

  'feed.absent': 'No source of market data answers (since {time}), in trading hours. The prices below are old.',
  'feed.cut': 'The market service does not answer (since {time}). The prices below may stand still.',
  'feed.silent': 'No market data comes in trading hours (since {time}). The prices below may be old: look at their source.',

  'col.symbol': 'Symbol',
  'col.name': 'Name',
  'col.last': 'Last',
  'col.lastVolume': 'Last vol',
  'col.bid': 'Bid',
  'col.bidVolume': 'Bid vol',
  'col.ask': 'Ask',
  'col.askVolume': 'Ask vol',
  'col.volume': 'Volume',
  'col.change': 'Change',
  'col.changePercent': 'Chg %',
  'col.openInterest': 'Open int',
  'col.openInterestChange': 'OI chg',
  'col.open': 'Open',
  'col.high': 'High',
  'col.low': 'Low',
  'col.reference': 'Prev settle',
  'col.limitUp': 'Limit up',
  'col.limitDown': 'Limit down',
  'col.time': 'Time',

  'book.title': 'Order book',
  'book.ask': 'Ask {level}',
  'book.bid': 'Bid {level}',
  'book.levels': '12345',
  'book.imbalance': 'Bid and ask weight',
  'book.noDepth': 'This source has one level only',

  'detail.title': 'Quote',
  'detail.none': 'Choose an instrument',
  'detail.tradingDay': 'Day',
  'detail.multiplier': 'Multiplier',
  'detail.tick': 'Price tick',

  'opp.title': 'Opportunities',
  'opp.empty': 'No opportunities now',
  'opp.emptyHint': 'Signals of several strategies appear here once merged.',
  'opp.state.NEW': 'New',
  'opp.state.ACTIVE': 'Confirmed',
  'opp.state.TRACKING': 'Tracking',
  'opp.state.CLOSED': 'Closed',
  'opp.confidence': 'Confidence',
  'opp.confidenceIs': 'Confidence {value}%',
  'opp.entryShort': 'Entry',
  'opp.soFar': 'Entry {entry}, {move} since, open for {age}, updated {at}',
  'opp.entry': 'Entry',
  'opp.last': 'Last',
  'opp.open': '{count} open',
  'opp.strategy': 'Strategy',
  'opp.reasons': 'Reasons',
  'opp.all': 'All',
  'opp.details': 'Details',

  'side.buy': 'Long',
  'side.sell': 'Short',
  'side.buyShort': 'L',
  'side.sellShort': 'S',

  'list.waiting': '↑ {count} new, shown when the pointer leaves',
  'ticket.title': 'Ticket',
  'events.title': 'Alerts and logs',

  'alert.title': 'Risk alerts',
  'alert.least': 'At least',
  'alert.noneSoSevere': 'No alert as severe as that',
  'alert.empty': 'No alerts',
  'alert.emptyHint': 'The watches are running; anything they see appears at once.',
  'severity.low': 'Low',
  'severity.medium': 'Medium',
  'severity.high': 'High',
  'severity.critical': 'Critical',

  'log.title': 'System log',

  'counter.title': 'Counters',

  'foot.messages': 'Messages {value}/s',
  'foot.quotes': 'Quotes {value}/s',
  'foot.roundTrip': 'Round trip {value} ms',
  'foot.simulator': 'Simulated market',
  'foot.replay': 'Replay',
  'foot.live': 'Live market',
  'foot.clock': 'Shanghai',

  'toast.close': 'Close message',
  'toast.signedOut': 'Signed out',
  'page.missing': 'No such page',
  'page.missingHint': 'The address {path} does not exist.',
  'page.toMarket': 'Back to the market',

  'unit.lots': 'lots',
  'unit.shares': 'shares',
  'unit.money': 'units',
}
