"""Which Odoo this stands in for; read by tools the way they read Odoo's own."""
version_info = (17, 0, 0, "final", 0, "")
version = "17.0"
series = serie = major_version = "17.0"
description = "A stand-in for Odoo: it starts, talks HTTP and keeps a counter in PostgreSQL"
