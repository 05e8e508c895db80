import { expect, test } from 'vitest';
import { isNetworkWait } from './network-wait.js';

test.each([
  ['sun/nio/ch/Net.poll', 'Net.java', true],
  ['sun.nio.ch.NioSocketImpl.park', 'NioSocketImpl.java', true],
  ['sun/nio/ch/NioSocketImpl.implRead', '', true],
  ['java/net/SocketInputStream.socketRead0', 'SocketInputStream.java', true],
  ['java.net.Socket$SocketInputStream.read', 'Socket.java', true],
  ['libnet.so.NET_Read', '', true],
  ['Java_sun_nio_ch_Net_poll', '', true],
  ['__libc_recv', '', true],
  ['libc-2.31.so!recvfrom', '', true],
  ['tcp_recvmsg', '', true],
  ['recv_into', '/usr/lib/python3.12/socket.py', true],
  ['read', '/usr/lib/python3.12/ssl.py', true],
  ['OpenSSL::SSL::SSLSocket#sysread_nonblock', '', true],
  ['rbuf_fill', '/usr/lib/ruby/3.1.0/net/protocol.rb', true],
  ['System.Net.Sockets!Socket.Receive', '', true],
  ['PDOStatement::execute', '', true],
  // New connections are work that has not come; files and a team's own names are no other program.
  ['sun/nio/ch/NioSocketImpl.accept', 'NioSocketImpl.java', false],
  ['java/net/ServerSocket.accept', '', false],
  ['java/io/FileInputStream.read', '', false],
  ['accept', '/usr/lib/python3.12/socket.py', false],
  ['read', '/srv/app/reader.py', false],
  ['connect', '/srv/app/db.py', false],
  ['rbuf_fill', '/srv/app/protocol.rb', false],
  ['shop.Cart.read', 'Cart.java', false],
  ['recvmsg', 'net/queue.go', false],
  ['epoll_wait', '', false],
])('%s of %j: %j', (name, file, expected) => {
  expect(isNetworkWait({ name, file })).toBe(expected);
});
