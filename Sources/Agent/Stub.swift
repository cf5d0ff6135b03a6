import Subprocess
import Crypto
enum Stub {}
