package io.espalier.actors.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A request byte by byte, over a connection of its own: what a well-behaved client library would not send. */
final class RawRequest {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final URI server;
    private final String method;
    private final String target;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private byte[] body = {};

    RawRequest(URI server, String method, String target) {
        this.server = server;
        this.method = method;
        this.target = target;
        headers.put("Host", server.getAuthority());
        headers.put("Connection", "close");
    }

    RawRequest header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    RawRequest without(String name) {
        headers.remove(name);
        return this;
    }

    RawRequest token(String token) {
        return header("Authorization", "Bearer " + token);
    }

    RawRequest body(String type, String text) {
        return body(type, text.getBytes(StandardCharsets.UTF_8));
    }

    RawRequest body(String type, byte[] bytes) {
        body = bytes;
        header("Content-Type", type);
        return header("Content-Length", Integer.toString(bytes.length));
    }

    byte[] bytes() {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(start);
        all.writeBytes(body);
        return all.toByteArray();
    }

    /** Sends it and reads the answer; of an event stream its head alone. */
    RawAnswer send() throws IOException {
        try (Socket socket = connect(server)) {
            socket.getOutputStream().write(bytes());
            return RawAnswer.read(socket.getInputStream(), !method.equals("HEAD"));
        }
    }

    static Socket connect(URI server) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), TIMEOUT_MILLIS);
        return socket;
    }
}
