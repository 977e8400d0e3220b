"""The service: pages, downloads and an API over the sites of one machine. ``service.app`` makes it."""
