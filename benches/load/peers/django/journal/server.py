"""For gunicorn, as its settings and as the application: two workers with four threads each, which keep connections
open; tables are made before they start."""

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections

bind = "127.0.0.1:0"
workers = 2
worker_class = "gthread"
threads = 4
preload_app = True
keepalive = 60
control_socket_disable = True
wsgi_app = "journal.server:application"

application = get_wsgi_application()


def on_starting(server):
    call_command("migrate", verbosity=0)
    connections.close_all()


def post_worker_init(worker):
    print("listening on http://%s:%d" % worker.sockets[0].getsockname(), flush=True)
