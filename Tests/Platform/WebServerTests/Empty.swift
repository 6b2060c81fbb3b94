internal import Testing
internal import WebServer
