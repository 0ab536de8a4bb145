// What stands in for the data of ICU; see NoICUData.c. There is nothing to be called.
#pragma once
