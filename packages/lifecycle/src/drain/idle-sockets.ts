import type { Server, Socket } from 'node:net';

/** What node:http adds to a server of node:net. */
export type AnyServer = Server & { closeIdleConnections?(): void; closeAllConnections?(): void };

/**
 * Takes the idle sockets of a server out of Node's hands, which count one as idle as soon as its answer was ended:
 * closing those, as the server's own `close` does, cuts what is still being sent.
 */
export class IdleSockets {
  readonly #server: AnyServer;
  readonly #close: AnyServer['closeIdleConnections'];

  constructor(server: AnyServer) {
    this.#server = server;
    this.#close = server.closeIdleConnections;
  }

  /** From now on, whatever else closes the server closes no socket. */
  keep(): void {
    if (this.#close) this.#server.closeIdleConnections = () => {};
  }

  release(): void {
    if (this.#close) this.#server.closeIdleConnections = this.#close;
  }

  /**
   * Those with nothing left to send, the ones from before anybody listened included. Node lists them only to destroy
   * them, so that for the length of that call `destroy` collects.
   */
  list(): Socket[] {
    const { prototype } = process.getBuiltinModule('node:net').Socket;
    const original = Object.getOwnPropertyDescriptor(prototype, 'destroy');
    const found: Socket[] = [];
    prototype.destroy = function collect(this: Socket): Socket {
      found.push(this);
      return this;
    };
    try {
      this.#close?.call(this.#server);
    } finally {
      Reflect.deleteProperty(prototype, 'destroy');
      if (original) Object.defineProperty(prototype, 'destroy', original);
    }
    return found.filter(({ writableLength }) => writableLength === 0);
  }
}
