// A double click is one wish. Where a button makes room for its own confirmation, the second click of a double click
// would land on that confirmation: what was asked would be answered before anybody has read it.

/** Buttons at the foot of a dialog, and those that have turned red because they were pressed once. */
const CONFIRMING = '.modal-foot button, button.is-danger'

/** Pressing a button leads the focus to it, too: whoever goes on by keys must still begin at the way out. */
export const PRESSES = ['mousedown', 'click'] as const

/** For presses on their way down; keys and fingers that tap again later count as first. */
export function stopSecondClick(event: MouseEvent): void {
  if (event.detail < 2 || !(event.target instanceof Element) || event.target.closest(CONFIRMING) === null) return
  event.preventDefault()
  event.stopPropagation()
}
