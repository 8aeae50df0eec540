// The cookies of one server, kept for a program that signed in by name: Node's `fetch` keeps none.

export class Cookies {
  private readonly values = new Map<string, string>()

  /** Takes what an answer sets; what it ends is forgotten. */
  take(answer: Response): void {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';')
      const at = pair.indexOf('=')
      if (at < 1) continue
      const name = pair.slice(0, at).trim()
      if (attributes.some((each) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(each))) this.values.delete(name)
      else this.values.set(name, pair.slice(at + 1).trim())
    }
  }

  /** The header to send, empty where there is none. */
  header(): string {
    return [...this.values].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}
