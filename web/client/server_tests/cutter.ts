// A wire to the push server that can be cut in the middle of whatever passes.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Cutter {
  readonly port: number
  readonly connections: () => number
  cut(): void
  end(): void
}

export async function cutterBefore(port: number): Promise<Cutter> {
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((near) => {
    connections += 1
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const cut = (): void => open.forEach((one) => one.destroy())
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    cut,
    end: () => {
      cut()
      server.close()
    },
  }
}
