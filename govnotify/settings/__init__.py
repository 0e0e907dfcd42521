"""Django's settings, all of them from the environment; docs/operations.md lists the variables.

Without SECRET_KEY the project can be looked at (checks, dry runs, type checks) but not served:
`govnotify.safety` stops the web server and the workers.
"""

from govnotify.settings.access import *
from govnotify.settings.channels import *
from govnotify.settings.environment import *
from govnotify.settings.language import *
from govnotify.settings.operating import *
from govnotify.settings.parts import *
from govnotify.settings.servers import *
from govnotify.settings.service import *
