"""What REST answers that is no message of the domain: forms of the client's own, held to the platform's by a test."""
