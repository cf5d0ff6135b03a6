import GRDB
import Hummingbird
import Crypto
import Yams
import Logging
import ServiceLifecycle
import DequeModule
enum Stub {}
