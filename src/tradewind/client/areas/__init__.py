"""The platform's REST interface by area, one module each; a method is one route, described once for both clients."""
