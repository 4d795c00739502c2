import { App } from "./app";
import { Devices } from "./devices";
import { load } from "./preferences";
import { SipPhone } from "./sip";
import { initial } from "./state";
import { Store } from "./store";

const store = new Store(initial(load()));
const devices = new Devices(store);
void new App(store, new SipPhone(devices), devices).start(document.getElementById("page")!);
