import type { Server, Socket } from 'node:net';

/** What node:http adds to a server of node:net. */
export type AnyServer = Server & { closeIdleConnections?(): void; closeAllConnections?(): void };

/**
 * Manages a server's idle sockets instead of Node. Node counts a socket as idle as soon as its answer was ended;
 * closing it then, as the server's own `close` does, cuts data that is still being sent.
 */
export class IdleSockets {
  readonly #server: AnyServer;
  readonly #close: AnyServer['closeIdleConnections'];

  constructor(server: AnyServer) {
    this.#server = server;
    this.#close = server.closeIdleConnections;
  }

  /** From now on, other code that closes the server closes no socket. */
  keep(): void {
    if (this.#close) this.#server.closeIdleConnections = () => {};
  }

  release(): void {
    if (this.#close) this.#server.closeIdleConnections = this.#close;
  }

  /**
   * Sockets with nothing left to send, including sockets older than the first listener. Node lists them only to destroy
   * them, so during that call `destroy` is replaced by a function that collects them.
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
